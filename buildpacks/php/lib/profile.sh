# In a build BERTH_PHP is set: there it lies in the cache.
export BERTH_PHP="${BERTH_PHP:-$HOME/.berth/php}"
export PATH="$BERTH_PHP/bin:$PATH:$PWD/vendor/bin"
berth_libraries=$(compgen -G "$BERTH_PHP/usr/lib/*-linux-gnu")
export LD_LIBRARY_PATH="$berth_libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
unset berth_libraries
# The php.ini and the extensions, which name BERTH_PHP.
export PHPRC="$BERTH_PHP" PHP_INI_SCAN_DIR="${PHP_INI_SCAN_DIR:-$BERTH_PHP/conf.d}"
