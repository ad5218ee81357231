"""The small world: scenes as data, drawn as signed distance functions, with instructions and edits in plain English."""
