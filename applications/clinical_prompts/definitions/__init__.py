"""Rules, words and the shipped tables of the clinical prompts."""
