"""What events are made of. All in `avro/*.avsc` too."""
