-- What Promotion's contract names, for those who run campaigns.
INSERT INTO permission (name) VALUES
  ('promotion.campaign.read'), ('promotion.campaign.write'),
  ('promotion.coupon.read'), ('promotion.coupon.write'),
  ('promotion.promotion.read'), ('promotion.promotion.write');
UPDATE role SET permissions = permissions || ARRAY['promotion.*'] WHERE is_system AND name = 'marketing';
UPDATE role SET permissions = permissions || ARRAY['promotion.campaign.read', 'promotion.promotion.read'] WHERE is_system AND name IN ('analyst', 'finance');
UPDATE role SET permissions = permissions || ARRAY['promotion.coupon.read', 'promotion.promotion.read'] WHERE is_system AND name = 'cs_agent';
