"""`restrike settings`: what operators change at run time; the catalogue is shared/settings/catalogue.py."""
