"""Where the files of tickets are, and how a process that exports opens them."""
