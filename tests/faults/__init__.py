"""What happens to a library when the program is killed, the disk is full, or a byte has flipped."""
