"""The outer shell: settings, home folder, database server, command line, and the processes of a running desk."""
