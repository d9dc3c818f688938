"""The ground of the regional health information platform: what every part needs."""
