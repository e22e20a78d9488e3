"""Brokers, stores and workers. All are the test's own, and dead when it ends."""

import celery._state
import pytest

from tests.scale import celery_app
from tests.scale.processes import running
from tests.scale.servers import Epmd, RabbitMQ, Redis, redis_cluster
from tests.scale.workers import Worker


@pytest.fixture(scope="session")
def epmd(tmp_path_factory):
    with running(Epmd(tmp_path_factory.mktemp("epmd"))) as (server,):
        yield server


@pytest.fixture(scope="session")
def rabbitmq_node(tmp_path_factory, epmd):
    """One for all tests, since it takes seconds to start; a test may kill and start it."""
    with running(RabbitMQ(tmp_path_factory.mktemp("rabbitmq"), epmd)) as (server,):
        yield server


@pytest.fixture
def rabbitmq(rabbitmq_node, use_broker):
    use_broker(rabbitmq_node.url)
    yield rabbitmq_node
    if rabbitmq_node.has_ended():
        rabbitmq_node.start()
    celery._state.get_current_app().control.purge()


@pytest.fixture
def redis_broker(tmp_path, use_broker):
    with running(Redis(tmp_path / "broker")) as (server,):
        use_broker(server.url)
        yield server


@pytest.fixture
def redis_server(tmp_path):
    with running(Redis(tmp_path / "store")) as (server,):
        yield server


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory):
    with redis_cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture
def use_broker(settings):
    """Return a function that makes this process send its tasks to a broker."""
    apps = []

    def use(url):
        settings.CELERY_BROKER_URL = url
        app = celery_app.make_app()
        app.set_current()
        apps.append(app)
        return app

    yield use
    for app in apps:
        app.close()
    celery_app.app.set_current()


@pytest.fixture
def start_worker(transactional_db, tmp_path):
    """Return a function that starts a worker, or returns it unstarted."""
    workers = []

    def start(*options):
        worker = Worker(tmp_path / f"worker{len(workers)}", *options)
        workers.append(worker)
        return worker.start()

    yield start
    for each in workers:
        each.kill()
