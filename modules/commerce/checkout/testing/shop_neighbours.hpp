#pragma once

// Neighbours that keep what checkout asks of them in memory and honour what their contracts promise a saga (commerce.md §4.1): a repeat gets the first answer,
// an undo leaves a tombstone. Faults come between.
#include "modules/commerce/checkout/testing/shop_goods.hpp"
#include "modules/commerce/checkout/testing/shop_orders.hpp"
