# messages of fetch
fetch-no-tsa = No timestamping service is configured. Name one with --tsa or in the configuration ([[tsa]]).
fetch-no-accredited = Only accredited timestamping services are allowed, but none is listed. Add their certificates to [timestamp] accredited in the configuration.
fetch-no-timestamp = No timestamping service gave a usable timestamp ({ $attempts }). Check the connection and the configuration, and try again later.
