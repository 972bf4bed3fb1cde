"""What Poq calls: a transfer comes in, an instruction goes out."""
