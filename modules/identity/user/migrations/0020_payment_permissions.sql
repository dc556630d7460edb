-- What Payment's later contracts name. Finance holds payment.* already; counting and paying out bank transfers are permissions of their own.
INSERT INTO permission (name) VALUES
  ('payment.case.read'),
  ('payment.dispute.read'), ('payment.dispute.respond'),
  ('payment.reconciliation.read'), ('payment.reconciliation.run'),
  ('payment.statement.import'),
  ('payment.transfer.match'), ('payment.transfer.payout')
ON CONFLICT DO NOTHING;
UPDATE role SET permissions = permissions || ARRAY['payment.dispute.read', 'payment.reconciliation.read'] WHERE is_system AND name = 'analyst';
