// Random programs, as text: modules full of functions that compute in many ways and then exit with
// all they have. They hold no handle but self(), never fail, and what they give does not depend on
// slices, on pids or on the order of large maps.
#pragma once

#include <random>
#include <string>

namespace parley::test {

// -module(NAME). with p0/0 .. p(COUNT - 1)/0 exported.
std::string random_module(std::mt19937_64& random, const std::string& name, unsigned count);

}  // namespace parley::test
