"""The viewer's server side: display copies of a case's images, their windows, slices as pictures."""
