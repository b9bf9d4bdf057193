"""Piccolo's own configuration: the engine that the tables and the migrations use."""

from piccolo.conf.apps import AppRegistry

from domain.store.database import engine

DB = engine()
APP_REGISTRY = AppRegistry(apps=["domain.store.piccolo_app"])
