"""Quality of uploads: rules, one scan per dataset, results with history, scores, the daily monitor. Start at ``api``."""
