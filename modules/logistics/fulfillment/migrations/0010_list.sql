-- The list is read by creation (fulfillment.list); by id alone, which the primary key has already, it had to be sorted as a whole for each page.
DROP INDEX fulfillment_list;
CREATE INDEX fulfillment_list ON fulfillment (created_at DESC, id DESC);
