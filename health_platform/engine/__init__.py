"""Runs business capabilities from their definitions: forms, registers, schedules, workflows, indicators, prompts."""
