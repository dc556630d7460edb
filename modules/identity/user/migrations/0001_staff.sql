-- Staff, roles and permissions as rows. Credentials are Auth's. Source: identity.md §2.

CREATE TABLE staff_user (
  id                  uuid PRIMARY KEY,
  email               text NOT NULL,
  email_canonical     text NOT NULL UNIQUE,              -- Stays reserved when the user is deleted (USR-5).
  name                text NOT NULL,
  department          text,
  status              text NOT NULL CHECK (status IN ('invited', 'active', 'inactive', 'suspended', 'deleted')),
  permissions_version bigint NOT NULL DEFAULT 1,
  last_login_at       timestamptz,
  request_sha256      bytea,                             -- Of the request that made it, without the password.
  created_at          timestamptz NOT NULL,
  version             bigint NOT NULL DEFAULT 1
);

CREATE TABLE permission (name text PRIMARY KEY);         -- What the contracts of this system name.

CREATE TABLE role (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  description text NOT NULL DEFAULT '',
  permissions text[] NOT NULL,
  is_system   boolean NOT NULL DEFAULT false,
  version     bigint NOT NULL DEFAULT 1
);

CREATE TABLE role_assignment (
  user_id     uuid NOT NULL REFERENCES staff_user,
  role_id     uuid NOT NULL REFERENCES role,
  assigned_by uuid,                                      -- NULL: the bootstrap.
  assigned_at timestamptz NOT NULL,
  expires_at  timestamptz,
  PRIMARY KEY (user_id, role_id)
);
CREATE INDEX role_assignment_role ON role_assignment (role_id);
CREATE INDEX role_assignment_expiry ON role_assignment (expires_at) WHERE expires_at IS NOT NULL;

-- Accounts that Auth has yet to be told of: written with the account, done at once, and by a job when that fails.
CREATE TABLE pending_enrolment (
  user_id         uuid PRIMARY KEY REFERENCES staff_user,
  sealed_password bytea NOT NULL,                        -- Bound to the user's id; gone as soon as Auth has it.
  attempts        integer NOT NULL DEFAULT 0,
  next_at         timestamptz NOT NULL
);

INSERT INTO permission (name) VALUES
  ('auth.customer.act_as'),
  ('auth.customer.import'),
  ('auth.key.rotate'),
  ('auth.principal.unlock'),
  ('catalog.attribute.write'),
  ('catalog.brand.write'),
  ('catalog.category.write'),
  ('catalog.product.import'),
  ('catalog.product.publish'),
  ('catalog.product.read'),
  ('catalog.product.review'),
  ('catalog.product.write'),
  ('checkout.saga.compensate'),
  ('checkout.saga.read'),
  ('checkout.saga.retry'),
  ('fulfillment.fulfillment.cancel'),
  ('fulfillment.fulfillment.create'),
  ('fulfillment.fulfillment.read'),
  ('fulfillment.fulfillment.write'),
  ('fulfillment.picklist.read'),
  ('fulfillment.picklist.write'),
  ('gateway.route.read'),
  ('gateway.route.write'),
  ('location.location.write'),
  ('order.order.cancel'),
  ('order.order.override'),
  ('order.order.read'),
  ('order.order.write'),
  ('order.review.decide'),
  ('payment.cod.collect'),
  ('payment.ledger.read'),
  ('payment.payment.capture'),
  ('payment.payment.read'),
  ('payment.payment.void'),
  ('payment.refund.create'),
  ('pricing.fx.read'),
  ('pricing.fx.write'),
  ('pricing.price.read'),
  ('pricing.price.write'),
  ('pricing.tax.read'),
  ('pricing.tax.write'),
  ('shipping.method.read'),
  ('shipping.method.write'),
  ('shipping.rate_table.read'),
  ('shipping.rate_table.write'),
  ('shipping.shipment.correct'),
  ('shipping.shipment.read'),
  ('shipping.shipment.write'),
  ('user.role.assign'),
  ('user.role.read'),
  ('user.role.write'),
  ('user.user.read'),
  ('user.user.write'),
  ('warehouse.receipt.write'),
  ('warehouse.reservation.read'),
  ('warehouse.stock.read'),
  ('warehouse.stock.write'),
  ('warehouse.warehouse.read'),
  ('warehouse.warehouse.write');

-- Codes are those of the sibling specs. Sellers get theirs with the seller operations.
INSERT INTO role (id, name, description, permissions, is_system)
SELECT md5('role:' || name)::uuid, name, description, permissions, true FROM (VALUES
  ('super_admin', 'Everything', ARRAY['*']),
  ('platform_admin', 'Staff, roles, keys and routes', ARRAY['auth.*', 'user.*', 'gateway.*', 'checkout.saga.read', 'checkout.saga.retry', 'location.*']),
  ('catalog_manager', 'Products, categories, attributes, brands', ARRAY['catalog.*']),
  ('pricing_manager', 'Prices, taxes and currencies', ARRAY['pricing.*', 'catalog.product.read']),
  ('marketing', 'Campaigns', ARRAY['catalog.product.read', 'pricing.price.read']),
  ('operations_staff', 'Orders on their way', ARRAY['order.order.read', 'order.order.write', 'order.order.cancel', 'order.review.decide', 'fulfillment.*', 'shipping.*', 'warehouse.stock.read',
                                                    'warehouse.warehouse.read', 'warehouse.reservation.read', 'checkout.saga.read']),
  ('warehouse_manager', 'Warehouses, stock and fulfillment', ARRAY['warehouse.*', 'fulfillment.*', 'shipping.shipment.read']),
  ('warehouse_staff', 'Receipts, picking and packing', ARRAY['warehouse.stock.read', 'warehouse.warehouse.read', 'warehouse.receipt.write', 'fulfillment.fulfillment.read',
                                                             'fulfillment.fulfillment.write', 'fulfillment.picklist.read', 'fulfillment.picklist.write']),
  ('qc_supervisor', 'Quality control', ARRAY['warehouse.stock.read', 'fulfillment.fulfillment.read']),
  ('driver', 'Deliveries', ARRAY['shipping.shipment.read', 'shipping.shipment.write', 'payment.cod.collect']),
  ('cs_agent', 'Customer service', ARRAY['order.order.read', 'order.order.write', 'order.order.cancel', 'payment.payment.read', 'shipping.shipment.read', 'fulfillment.fulfillment.read',
                                         'catalog.product.read', 'auth.customer.act_as', 'auth.principal.unlock']),
  ('content_moderator', 'Reviews of content', ARRAY['catalog.product.read', 'catalog.product.review']),
  ('finance', 'Payments and the ledger', ARRAY['payment.*', 'order.order.read', 'pricing.tax.read', 'pricing.fx.read']),
  ('analyst', 'Reads only', ARRAY['catalog.product.read', 'order.order.read', 'payment.payment.read', 'payment.ledger.read', 'pricing.price.read', 'pricing.tax.read', 'pricing.fx.read',
                                  'warehouse.stock.read', 'warehouse.warehouse.read', 'shipping.shipment.read', 'shipping.method.read', 'fulfillment.fulfillment.read']),
  ('seller_owner', 'Owner of a seller account', ARRAY[]::text[]),
  ('seller_staff', 'Member of a seller account', ARRAY[]::text[])) seed(name, description, permissions);
