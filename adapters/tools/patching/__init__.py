"""The patches that models write: parsed, matched against files, applied wholly or not at all."""
