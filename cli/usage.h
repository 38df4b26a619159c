// What is said where the command line makes no sense: one line, with what was probably meant.
#pragma once

#include <CLI/CLI.hpp>

namespace parley::cli {

constexpr int kUsageStatus = 2;

// Prints help where it was asked for, else the complaint; the exit status of the program.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv);

}  // namespace parley::cli
