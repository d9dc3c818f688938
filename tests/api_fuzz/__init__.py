"""Requests made from the OpenAPI document, with every role: no 5xx, no answer the document does not describe."""
