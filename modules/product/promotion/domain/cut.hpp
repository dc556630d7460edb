#pragma once

#include <expected>
#include <span>

#include "modules/product/promotion/domain/running.hpp"

namespace emporion::promotion {

/// What a cart promotion takes off now: of the lines named, which are in rising order, at what is left of them. Never more than is left.
std::expected<Cut, Reason> cut_of(const Promotion& promotion, const Cart& cart, const Running& running, std::span<const std::size_t> lines);

}  // namespace emporion::promotion
