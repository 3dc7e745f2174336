"""What we ask of the outside, and the door that edges knock on. No implementation lives here."""
