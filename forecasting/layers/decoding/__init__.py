"""What decodings are made of: parts, traits, and what is fed back."""
