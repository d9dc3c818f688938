"""The pages of every business capability, made from its definition."""

from __future__ import annotations

from browser_ui.engine.application_pages import add_application
from browser_ui.engine.case_pages import add_workflow
from browser_ui.engine.register_pages import add_register
from health_platform.engine.api import Application, Catalogue
from health_platform.kernel.http import Blueprint
from health_platform.kernel.platform import Platform


def install(platform: Platform) -> None:
    """Declare the pages of the applications that are installed."""
    catalogue: Catalogue = platform.service(Catalogue)
    for application in catalogue.applications.values():
        platform.blueprint(pages_of(application))


def pages_of(application: Application) -> Blueprint:
    """The pages of one application."""
    blp = Blueprint(
        f"pages_app_{application.code}",
        __name__,
        url_prefix=f"/console/apps/{application.code}",
        description=f"{application.label}页面",
    )
    add_application(blp, application)
    for register in application.registers:
        add_register(blp, application, register)
    for workflow in application.workflows:
        add_workflow(blp, application, workflow)
    return blp
