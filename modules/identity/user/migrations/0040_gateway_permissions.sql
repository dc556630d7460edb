-- What the gateway's contracts name. Operators reset breakers and purge the cache; whoever runs campaigns flags a sale.
INSERT INTO permission (name) VALUES ('gateway.api_key.read'), ('gateway.api_key.write'), ('gateway.breaker.read'), ('gateway.breaker.reset'), ('gateway.cache.purge'),
  ('gateway.rate_plan.read'), ('gateway.rate_plan.write'), ('gateway.sale.read'), ('gateway.sale.write');
UPDATE role SET permissions = permissions || ARRAY['gateway.breaker.read', 'gateway.breaker.reset', 'gateway.cache.purge', 'gateway.sale.read'] WHERE is_system AND name = 'operations_staff';
UPDATE role SET permissions = permissions || ARRAY['gateway.sale.read', 'gateway.sale.write'] WHERE is_system AND name = 'marketing';
