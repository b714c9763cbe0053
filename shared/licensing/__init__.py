"""Licences: what is signed, who signed it, what it is bound to, and what it allows. The service, the vendor's program
and whatever is gated share it.
"""
