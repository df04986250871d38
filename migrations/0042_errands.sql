-- What a colleague had the copilot put before a person: the call that a run of a ticket is begun for, as JSON.
ALTER TABLE runs ADD COLUMN errand text;
