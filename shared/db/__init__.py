"""The database: connections (`sqlite`), models, migrations and backups.

Hot processes import `shared.db.sqlite` alone; nothing is imported here, so that they do not pay for peewee.
"""
