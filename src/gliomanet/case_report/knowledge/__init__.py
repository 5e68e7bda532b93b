"""Published figures of groups, questions that guidelines support, and statements that every report prints."""
