"""The server of one hospital's own machine: upload, queue, viewer, views for doctors and patients."""
