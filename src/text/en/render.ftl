# messages of render
font-missing = No Japanese font is installed. Install fonts-noto-cjk (or fonts-ipaexfont): sudo apt install fonts-noto-cjk
font-unusable = The font file { $path } cannot be used. Name another one in the configuration, or install fonts-noto-cjk.
seal-character-missing = The seal's font has no character “{ $character }” ({ $code }). Use another spelling, or a picture of the seal.
seal-text = A seal of this shape takes 1 to { $max } characters.
seal-size = The seal and its text do not fit in the rectangle. Make it larger, or the text shorter.
seal-picture = The seal's picture cannot be used. Give a PNG file of at most 4 MB and 4 million pixels.
