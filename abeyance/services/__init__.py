"""What the connected services hold, and how to read the least of it. Reading is all that this room ever does to one."""
