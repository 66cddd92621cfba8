# messages of demo

demo-certificate-failed = A certificate for the demonstration could not be made ({ $reason }). Empty the demonstration's folder and try again.
demo-file-failed = The demonstration's file { $path } cannot be read or written ({ $reason }). See whether there is room and whether the folder is yours.
demo-softhsm-missing = SoftHSM, the software token of the demonstration, is not installed. Run: sudo apt-get install softhsm2
