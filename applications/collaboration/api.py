"""Shared facts of a person, for pages."""

from applications.collaboration.doses import Dose, doses_of

__all__ = ["Dose", "doses_of"]
