"""The JSON data API of the national front-end software, as hospitals already speak it."""
