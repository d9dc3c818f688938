"""Pages of the registries: divisions, institutions, staff, standards, mappings, resources and registrations."""
