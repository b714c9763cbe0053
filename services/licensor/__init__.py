"""The vendor's side: keys, licences, and the server that activates them. Not a process of the suite; the program
`restrike-licensor`.
"""
