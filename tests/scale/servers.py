"""The servers that are killed: Redis, a Redis Cluster and RabbitMQ."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.scale.processes import (
    HOST,
    Process,
    answers,
    free_port,
    program,
    running,
    wait_until,
)


class Server(Process):
    """A process that listens on a port of its own."""

    port: int

    def is_ready(self) -> bool:
        return answers(self.port)

    def kill(self) -> None:
        super().kill()
        wait_until(lambda: not answers(self.port), "the port is free again")


class Redis(Server):
    """A Redis server that keeps nothing on disk: killed, it has forgotten everything."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        command = [program("redis-server"), "--bind", HOST, "--port", self.port]
        command += ["--dir", folder, "--save", "", "--appendonly", "no", *options]
        super().__init__(command, folder)

    def is_ready(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)


@contextmanager
def redis_cluster(folder: Path, nodes: int = 3) -> Iterator[str]:
    """Yield the URL of a cluster of so many nodes, ready for use."""
    on = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    servers = [Redis(folder / str(number), *on) for number in range(nodes)]
    addresses = [f"{HOST}:{each.port}" for each in servers]
    with running(*servers):
        create = [program("redis-cli"), "--cluster", "create", *addresses, "--cluster-yes"]
        done = subprocess.run(create, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        wait_until(lambda: all(map(_has_whole_cluster, servers)), "the cluster is whole")
        yield servers[0].url


def _has_whole_cluster(server: Redis) -> bool:
    with server.client() as client:
        found = client.execute_command("CLUSTER INFO")
    return bool(found["cluster_state"] == "ok" and found["cluster_slots_ok"] == "16384")


class Epmd(Server):
    """The port mapper of Erlang, so that RabbitMQ does not use, or start, the machine's."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        super().__init__([program("epmd"), "-port", self.port], folder)


class RabbitMQ(Server):
    """A RabbitMQ node; killed and started again, it has kept what was durable."""

    def __init__(self, folder: Path, epmd: Epmd) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@{HOST}:{self.port}//"
        plugins = folder / "enabled_plugins"
        environment: dict[str, object] = {
            "ERL_EPMD_PORT": epmd.port,
            "HOME": folder,  # of the cookie
            "RABBITMQ_CONFIG_FILE": folder / "rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_DIST_PORT": free_port(),
            "RABBITMQ_ENABLED_PLUGINS_FILE": plugins,
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_MNESIA_BASE": folder / "data",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": self.port,
            "RABBITMQ_NODENAME": f"stream{self.port}@localhost",
            "RABBITMQ_PID_FILE": folder / "pid",
        }
        # Debian's command on the PATH is for the machine's own node.
        command = program("rabbitmq-server", "/usr/lib/rabbitmq/bin")
        super().__init__([command], folder, environment)
        plugins.write_text("[].\n")

    def is_ready(self) -> bool:
        return "Server startup complete" in self.said() and super().is_ready()
