"""Accounts of people: real names, one national id each, opened by administrators for their own units."""
