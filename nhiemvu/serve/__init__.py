"""The local page for officials without a terminal."""
