"""What people see: pages, templates, charts and static files. No business rules."""
