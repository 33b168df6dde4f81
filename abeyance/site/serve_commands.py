"""`abeyance serve`: the whole desk on this machine, until it is told to stop."""

from __future__ import annotations

import argparse
import http.client
import ipaddress
import os
import socket
import sys
import time
from dataclasses import replace

from abeyance.console import Answer
from abeyance.errors import Unsafe
from abeyance.site import home, logs, options, upkeep
from abeyance.site.options import Options
from abeyance.site.signin import trying
from abeyance.site.supervisor import Child, Supervisor

READY_SECONDS = 60.0
FALSE_STARTS = 2
ANY_ADDRESS = str(ipaddress.IPv4Address(0))


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "run the desk: database, key holder, worker, desk and portal, until SIGTERM or Ctrl-C"
    serve = sub.add_parser("serve", help=text, description=f"{text[:1].upper()}{text[1:]}.")
    serve.add_argument("--no-portal", action="store_true", help="run the desk only")
    serve.set_defaults(run=run, needs_home=False, upkeep=False)


def run(args: argparse.Namespace) -> Answer:
    chosen = _with_ports(options.load(os.environ), portal=not args.no_portal)
    place = home.make_ready()
    with upkeep.serving(place.path):
        supervisor = Supervisor(place, children(chosen, portal=not args.no_portal), not chosen.database_url)
        try:
            supervisor.start()
            _await(supervisor, chosen, portal=not args.no_portal)
            if not supervisor.stopping:
                _tell(place, chosen, portal=not args.no_portal)
            supervisor.children.append(worker())
            supervisor.watch()
        finally:
            supervisor.end()
    return Answer({"stopped": True}, "The desk has stopped.")


def _with_ports(chosen: Options, *, portal: bool) -> Options:
    chosen = replace(chosen, desk_port=_free_port(chosen.desk_host, chosen.desk_port, "ABEYANCE_DESK_PORT"))
    os.environ["ABEYANCE_DESK_PORT"] = str(chosen.desk_port)
    if portal:
        free = _free_port(chosen.portal_host, chosen.portal_port, "ABEYANCE_PORTAL_PORT")
        os.environ["ABEYANCE_PORTAL_PORT"] = str(free)
        chosen = replace(chosen, portal_port=free)
    return chosen


def _free_port(host: str, port: int, variable: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Unsafe(
                f"{host}:{port} cannot be listened on: {problem.strerror or problem}. Set {variable} to another port, "
                "or to 0 for a free one."
            ) from None
        return int(probe.getsockname()[1])


def worker() -> Child:
    """Started when the sites answer, because nobody waits for it."""
    return Child("worker", [sys.executable, "-m", "abeyance.site.worker"], {"ABEYANCE_PROCESS": "worker"})


def children(chosen: Options, *, portal: bool) -> list[Child]:
    """In the order in which they are needed."""
    web = [sys.executable, "-m", "abeyance.site.web"]
    made = [
        Child("keys", [sys.executable, "-m", "abeyance.seals.keyholder", "--wait"], {"ABEYANCE_PROCESS": "keys"}),
        Child("desk", [*web, "desk"], {"ABEYANCE_PROCESS": "desk"}),
    ]
    if not portal:
        return made
    hatch = Child("hatch", [sys.executable, "-m", "abeyance.site.hatch"], {"ABEYANCE_PROCESS": "desk"})
    return [*made, hatch, Child("portal", [*web, "portal"], {"ABEYANCE_PROCESS": "portal"})]


def _await(supervisor: Supervisor, chosen: Options, *, portal: bool) -> None:
    """Both sites answer, so that whoever reads the address may use it."""
    waiting = [("desk", chosen.desk_host, chosen.desk_port)]
    waiting += [("portal", chosen.portal_host, chosen.portal_port)] if portal else []
    until = time.monotonic() + READY_SECONDS
    while waiting and not supervisor.stopping:
        supervisor.look_once()
        waiting = [each for each in waiting if not answers(each[1], each[2])]
        if failing := next((child.name for child in supervisor.children if child.deaths > FALSE_STARTS), None):
            raise Unsafe(
                f"The {failing} process does not start; {logs.file_of(supervisor.home.path, failing)} says why."
            )
        if waiting and time.monotonic() > until:
            raise Unsafe(f"The {waiting[0][0]} did not answer within {READY_SECONDS:.0f} s.")
        time.sleep(0.05)


def answers(host: str, port: int) -> bool:
    reachable = {ANY_ADDRESS: "127.0.0.1", "::": "::1"}.get(host, host)
    connection = http.client.HTTPConnection(reachable, port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tell(place: home.Home, chosen: Options, *, portal: bool) -> None:
    desk = address(chosen.desk_host, chosen.desk_port, chosen.desk_origin).replace("//127.0.0.1:", "//localhost:")
    lines = [f"The desk answers on {desk}/ with its API below /api/"]
    if portal:
        lines.append(f"The portal answers on {address(chosen.portal_host, chosen.portal_port, chosen.portal_origin)}/")
    lines.append(f"Its home is {place.path}, its logs are in {place.path / 'log'}.")
    if signs := trying.known(place.path / "demo"):
        lines.append("Sign in on the page as one of these; the six digits are printed by `abeyance demo --code NAME`:")
        lines += [f"    {each.name}   password {each.password}   six digits now {each.code()}" for each in signs]
    if tokens := sorted((place.path / "credentials").glob("*.token")):
        lines.append("On the command line and the API members use their token; for trying it out these are in files:")
        lines += [f"    {token.stem}: {token}" for token in tokens]
        lines.append(f'    curl -H "Authorization: Bearer $(cat {tokens[0]})" {_example(chosen)}/api/members')
    print("\n".join(lines), flush=True)


def address(host: str, port: int, origin: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return origin or f"http://{shown}:{port}"


def _example(chosen: Options) -> str:
    return address(chosen.desk_host, chosen.desk_port, chosen.desk_origin)
