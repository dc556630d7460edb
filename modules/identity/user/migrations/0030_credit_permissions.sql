-- What Payment's contract of gift cards and store credit names.
INSERT INTO permission (name) VALUES ('payment.credit.adjust'), ('payment.credit.issue'), ('payment.credit.read');
UPDATE role SET permissions = permissions || ARRAY['payment.credit.read'] WHERE is_system AND name IN ('analyst', 'cs_agent');
