"""Commands of the HL7 v2 listener."""

import asyncio
import signal
import ssl
from pathlib import Path

import click
from sqlalchemy import select

from exchange.hl7v2.batch import read_batch
from exchange.hl7v2.faults import Unreadable
from exchange.hl7v2.models import Hl7Sender
from exchange.hl7v2.receive import Receiver
from exchange.hl7v2.server import Arrival, MllpServer, Peer, ServerOptions
from health_platform.access.api import UnitDirectory
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope

pass_platform = click.make_pass_decorator(Platform)


@click.group("hl7")
def hl7_group() -> None:
    """HL7 v2. Example: health-platform hl7 listen"""


@hl7_group.command()
@click.option("--host", help="Address to listen on; default HP_HOST.")
@click.option("--port", type=int, help="Port; default HP_MLLP_PORT. 0 takes a free one.")
@click.option("--certificate", type=click.Path(exists=True), help="PEM file of the server certificate: listen with TLS.")
@click.option("--key", type=click.Path(exists=True), help="PEM file of its key.")
@click.option("--client-ca", type=click.Path(exists=True), help="PEM file of authorities of client certificates: demand one.")
@pass_platform
def listen(
    platform: Platform, host: str | None, port: int | None, certificate: str | None, key: str | None, client_ca: str | None
) -> None:
    """Receive messages over MLLP until stopped. Example: health-platform hl7 listen --port 2575"""
    settings = platform.settings
    tls = tls_context(certificate, key, client_ca) if certificate else None
    chosen = settings.mllp_port if port is None else port
    asyncio.run(_listen(platform, ServerOptions(host=host or settings.host, port=chosen, tls=tls)))


async def _listen(platform: Platform, options: ServerOptions) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with MllpServer(options, Receiver(platform)).running() as server:
        click.echo(f"MLLP on {options.host}:{server.port}{' with TLS' if options.tls else ''}")
        await stop.wait()


def tls_context(certificate: str, key: str | None, client_ca: str | None) -> ssl.SSLContext:
    """TLS 1.2 or newer with a server certificate; with ``client_ca``, only for clients these authorities certified."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@hl7_group.command("sender")
@click.argument("facility")
@click.argument("institution_id", type=int)
@click.argument("division", default="")
@click.option("--application", default="", help="Only this sending application (MSH-3).")
@click.option("--authority", default="", help="Assigning authority of its patient numbers (namespace or OID); default FACILITY.")
@click.option("--address", default="", help="Only from this address.")
@click.option("--fingerprint", default="", help="Only with this client certificate (SHA-256, hexadecimal).")
@click.option("--may-ask", default="", help="Division whose persons it may ask for; default its own.")
@pass_platform
def register_sender(
    platform: Platform, facility: str, institution_id: int, division: str, application: str, authority: str, address: str,
    fingerprint: str, may_ask: str,
) -> None:  # fmt: skip
    """Register a sending facility; its DIVISION is that of the institution unless told otherwise.

    Example: health-platform hl7 sender COUNTY_HOSPITAL 1001 --authority COUNTY_HOSPITAL
    """
    own = _division_of(platform, institution_id)
    with platform.database.unit_of_work(system_scope("register HL7 v2 sender")) as session:
        condition = (Hl7Sender.facility == facility, Hl7Sender.application == (application or None))
        row = session.scalar(select(Hl7Sender).where(*condition)) or Hl7Sender(facility=facility, application=application)
        row.institution_id, row.division_code, row.active = institution_id, division or own, True
        row.authority, row.address, row.fingerprint, row.query_division = authority or facility, address, fingerprint, may_ask
        session.add(row)
    click.echo(f"{facility} speaks for institution {institution_id}")


def _division_of(platform: Platform, institution_id: int) -> str:
    """Where the institution stands; the platform's own region when no register of institutions is installed."""
    directory = platform.services.get(UnitDirectory.__qualname__)
    if directory is None:
        return platform.settings.city_division
    with platform.database.unit_of_work(system_scope("register HL7 v2 sender")) as session:
        unit = directory.unit(session, institution_id)
    if unit is None:
        raise click.ClickException(f"no institution has the number {institution_id}; the page 卫生机构 shows the numbers")
    return str(unit.division_code)


@hl7_group.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@pass_platform
def load(platform: Platform, files: tuple[Path, ...]) -> None:
    """Take in files of messages and print what was answered. Example: health-platform hl7 load *.hl7"""
    receiver, progress = Receiver(platform), Progress(len(files), "HL7 v2")
    for file in files:
        try:
            batch = read_batch(file.read_bytes())
        except Unreadable as error:
            click.echo(f"{file.name}: {error}")
        else:
            arrivals = [Arrival(Peer("file"), text.encode(batch.codec)) for text in batch.messages]
            answers = [b" ".join(one.messages).decode("utf-8", "replace") for one in receiver(arrivals)]
            for line in (line for answer in answers for line in answer.split("\r") if line[:3] in ("MSA", "ERR")):
                click.echo(f"{file.name}: {line}")
        progress.advance()
