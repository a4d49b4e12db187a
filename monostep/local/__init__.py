"""A Lambda on this machine: the Runtime API and AWS's invoke path in front of the process that AWS would run.

wire          HTTP/1.1 on a socket
invocation    an event on its way, and what Lambda itself answers where the function cannot
api           the Runtime API: hands out events, takes answers
journal       what the function prints, and the START, END and REPORT lines around it
environment   the process: started, watched, ended, replaced
front         POST /2015-03-31/functions/NAME/invocations
command       `python -m handler local`
"""
