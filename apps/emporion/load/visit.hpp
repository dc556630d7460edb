#pragma once

#include <vector>

#include "apps/emporion/load/shop.hpp"

namespace emporion::load {

/// What the visitors of a run share.
struct Market {
  const Scenario& scenario;
  const Shop& shop;
  Figures& figures;
  Dice& dice;             ///< What they want.
  SystemRandom& random;   ///< Names, which are new in every run.
  const bool& is_ending;  ///< Nobody looks around any more; purchases go on to their end.
};

/// One visitor's errand from the first call to the last. Answers how long the shop asked to be left alone: 0, if it did not.
/// `lateness` is how much later it begins than it should have.
Task<seconds> visit(Market& market, Connection& connection, microseconds lateness);

/// An errand by its weight.
const Journey& choose_journey(const Scenario& scenario, Dice& dice);
/// Different SKUs, at random.
std::vector<Line> choose_lines(const Journey& journey, const Shop& shop, Dice& dice);

}  // namespace emporion::load
