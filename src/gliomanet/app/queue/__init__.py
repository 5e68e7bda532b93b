"""Cases that wait, and the processes that compute them."""
