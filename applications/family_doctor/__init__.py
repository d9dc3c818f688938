"""Family-doctor contracts: teams, service packages, contracts, fulfilment, evaluation, renewal, termination with settlement."""
