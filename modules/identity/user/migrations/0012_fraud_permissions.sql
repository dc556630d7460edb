-- What Payment's contracts name: lists and rules of fraud for those who run the operations, the methods of payment for administrators.
INSERT INTO permission (name) VALUES
  ('payment.fraud.read'), ('payment.fraud.write'),
  ('payment.method.read'), ('payment.settings.read'), ('payment.settings.write');
UPDATE role SET permissions = permissions || ARRAY['payment.fraud.read', 'payment.fraud.write'] WHERE is_system AND name = 'operations_staff';
UPDATE role SET permissions = permissions || ARRAY['payment.settings.read', 'payment.settings.write'] WHERE is_system AND name = 'platform_admin';
UPDATE role SET permissions = permissions || ARRAY['payment.method.read'] WHERE is_system AND name = 'cs_agent';
